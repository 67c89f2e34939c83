/** Takes pictures that are dropped anywhere on the page, or pasted, or chosen. */
import { type ReactNode, type RefObject, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./drop-area.module.css";
import { useUploads } from "./use-uploads.tsx";

const ACCEPTED = "image/jpeg,image/png,image/webp,image/gif,image/avif";

const filesOf = (transfer: DataTransfer | null): readonly File[] =>
  [...(transfer?.files ?? [])].filter((file) => file.type === "" || file.type.startsWith("image/"));

const holdsFiles = (event: DragEvent): boolean =>
  event.dataTransfer?.types.includes("Files") === true;

export function DropArea({
  picker,
  children,
}: {
  readonly picker: RefObject<HTMLInputElement | null>;
  readonly children: ReactNode;
}) {
  const { t } = useTranslation("photos");
  const { add } = useUploads();
  const [isOver, setOver] = useState(false);
  const depth = useRef(0);
  const latest = useRef(add);
  latest.current = add;
  useEffect(() => {
    const enter = (event: DragEvent): void => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      depth.current += 1;
      setOver(true);
    };
    const over = (event: DragEvent): void => {
      if (holdsFiles(event)) event.preventDefault();
    };
    const leave = (): void => {
      depth.current = Math.max(0, depth.current - 1);
      if (depth.current === 0) setOver(false);
    };
    const take = (files: readonly File[]): void => {
      if (files.length > 0) latest.current(files);
    };
    const drop = (event: DragEvent): void => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      depth.current = 0;
      setOver(false);
      take(filesOf(event.dataTransfer));
    };
    const paste = (event: ClipboardEvent): void => take(filesOf(event.clipboardData));
    window.addEventListener("dragenter", enter);
    window.addEventListener("dragover", over);
    window.addEventListener("dragleave", leave);
    window.addEventListener("drop", drop);
    window.addEventListener("paste", paste);
    return () => {
      window.removeEventListener("dragenter", enter);
      window.removeEventListener("dragover", over);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("drop", drop);
      window.removeEventListener("paste", paste);
    };
  }, []);
  return (
    <>
      <input
        ref={picker}
        type="file"
        accept={ACCEPTED}
        multiple
        hidden
        aria-label={t("gallery.upload")}
        onChange={(event) => {
          add([...(event.currentTarget.files ?? [])]);
          // The same file can be chosen again.
          event.currentTarget.value = "";
        }}
      />
      {children}
      {isOver ? (
        <div className={classes.veil} aria-hidden="true">
          <span>{t("gallery.drop")}</span>
        </div>
      ) : null}
    </>
  );
}
