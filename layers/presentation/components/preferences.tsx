/** Language and colours; both are remembered in this browser. */
import { ActionIcon, NativeSelect, useMantineColorScheme } from "@mantine/core";
import { IconMoon, IconSun, IconSunMoon } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useLanguage } from "../context.tsx";
import { LANGUAGE_NAMES, LANGUAGES } from "../i18n/translation.ts";

const NEXT = { auto: "light", light: "dark", dark: "auto" } as const;
const LOOK = {
  auto: { icon: IconSunMoon, label: "header.schemeAuto" },
  light: { icon: IconSun, label: "header.schemeLight" },
  dark: { icon: IconMoon, label: "header.schemeDark" },
} as const;

export function SchemeSwitch() {
  const { t } = useTranslation("kit");
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { icon: Icon, label } = LOOK[colorScheme];
  return (
    <ActionIcon
      variant="default"
      size={34}
      aria-label={t(label)}
      title={t(label)}
      onClick={() => setColorScheme(NEXT[colorScheme])}
    >
      <Icon size={18} aria-hidden="true" />
    </ActionIcon>
  );
}

export function LanguageSwitch() {
  const { t, i18n } = useTranslation("kit");
  const language = useLanguage();
  return (
    <NativeSelect
      size="xs"
      aria-label={t("header.language")}
      value={language}
      onChange={(event) => void i18n.changeLanguage(event.currentTarget.value)}
      data={LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAMES[value] }))}
      styles={{ input: { minHeight: 34, height: 34 } }}
    />
  );
}
