import { TextInput } from "@mantine/core";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { tell, textOf } from "@/ui/toasts";
import { lineAfter } from "./log_api";

/** Goes to a time when it is all there: with Enter, or when the field is left. A date is no date while it is being typed. */
export function JumpBox({ id, onLine }: { id: string; onLine: (seq: number | undefined) => void }) {
  const { t } = useTranslation();
  const latest = useRef("");

  async function jump(to: string) {
    if (to === latest.current) return;
    latest.current = to;
    if (!to) return;
    try {
      const seq = await lineAfter(id, new Date(to).toISOString());
      // Another time was given meanwhile: its answer counts, whichever comes first.
      if (latest.current === to) onLine(seq);
    } catch (error) {
      if (latest.current !== to) return;
      latest.current = "";
      tell("failure", t("logView.jumpFailed"), textOf(error));
    }
  }

  return (
    <TextInput
      size="xs"
      type="datetime-local"
      step={1}
      aria-label={t("logs.jump")}
      title={t("logs.jump")}
      onBlur={(event) => void jump(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== "Enter") return;
        // With Enter the same time is gone to once more.
        latest.current = "";
        void jump(event.currentTarget.value);
      }}
    />
  );
}
