import { ActionIcon, Button, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { IconLanguage, IconMoon, IconSun } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { languages, setLanguage } from "@/i18n";

export function SchemeButton() {
  const { t } = useTranslation();
  const { setColorScheme } = useMantineColorScheme();
  const isDark = useComputedColorScheme("light") === "dark";
  return (
    <ActionIcon variant="subtle" color="gray" onClick={() => setColorScheme(isDark ? "light" : "dark")} aria-label={t(isDark ? "look.light" : "look.dark")}>
      {isDark ? <IconSun size={17} stroke={1.7} /> : <IconMoon size={17} stroke={1.7} />}
    </ActionIcon>
  );
}

export function LanguageButton() {
  const { i18n } = useTranslation();
  const other = i18n.language === "zh" ? "en" : "zh";
  return (
    <Button variant="subtle" color="gray" size="compact-sm" leftSection={<IconLanguage size={16} stroke={1.7} />} lang={other === "zh" ? "zh-CN" : "en"} onClick={() => void setLanguage(other)}>
      {languages[other]}
    </Button>
  );
}
