import { ActionIcon } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useTravel } from "./use_travel";

/** On a page of now: the way to its past. It begins at this moment; from there one goes back. */
export function PastButton({ size = 36 }: { size?: number }) {
  const { t } = useTranslation();
  const { go } = useTravel();
  return (
    <ActionIcon variant="default" size={size} aria-label={t("time.enter")} title={t("time.enter")} onClick={() => go(new Date().toISOString(), { replace: false })}>
      <IconHistory size={16} />
    </ActionIcon>
  );
}
