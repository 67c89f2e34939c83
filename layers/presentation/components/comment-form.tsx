/** A field for one more comment. The text is a draft of this tab until it has been acknowledged. */
import { Button, Group, Stack, Textarea } from "@mantine/core";
import type { FormEvent, RefObject } from "react";
import { visibleLength } from "../../../base/visible-text.ts";
import { useKit } from "../context.tsx";
import { useDraft } from "../use-draft.ts";
import { useWrite } from "../use-write.ts";
import { WriteNotice } from "./write-notice.tsx";

export interface CommentFormProps {
  /** Names the draft and the write; another one for everything that can be commented on. */
  readonly intent: string;
  readonly label: string;
  readonly action: string;
  readonly maxLength: number;
  /** The address that comments are sent to. */
  readonly path: string;
  readonly field: RefObject<HTMLTextAreaElement | null>;
  readonly onSent: () => void;
}

export function CommentForm(props: CommentFormProps) {
  const { intent, label, action, maxLength, path, field, onSent } = props;
  const { api } = useKit();
  const [text, setText] = useDraft(intent);
  const write = useWrite<string, unknown>({
    intent,
    send: (text, key, signal) => api.request("POST", path, { body: { text }, key, signal }),
    later: (text) => ({ path, body: JSON.stringify({ text }), label: text }),
    onLeft: () => setText(""),
    onDone: () => {
      setText("");
      onSent();
    },
  });
  const isBlank = visibleLength(text) === 0;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!isBlank) write.start(text.trim());
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Textarea
          ref={field}
          label={label}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          maxLength={maxLength}
          rows={3}
          readOnly={write.busy}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={write.busy} disabled={isBlank}>
            {action}
          </Button>
        </Group>
        <WriteNotice write={write} />
      </Stack>
    </form>
  );
}
