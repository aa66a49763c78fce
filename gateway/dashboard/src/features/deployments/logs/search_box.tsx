import { TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import tools from "@/ui/toolbar.module.css";

/** What is typed is told when it rests. It stays the same field however long somebody takes, so it keeps the focus. */
export function LogSearchBox({ text, onText }: { text: string; onText: (text: string) => void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(text);
  const told = useRef(text);
  const tell = useDebouncedCallback((next: string) => {
    told.current = next;
    onText(next);
  }, 250);
  // The address says another text than was typed: somebody went back, or left the hits.
  useEffect(() => {
    if (text === told.current) return;
    told.current = text;
    setTyped(text);
  }, [text]);
  return (
    <TextInput
      className={tools.search}
      size="xs"
      leftSection={<IconSearch size={14} />}
      placeholder={t("logs.search")}
      aria-label={t("logs.search")}
      value={typed}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        tell(event.currentTarget.value);
      }}
    />
  );
}
