import { ActionIcon, Button } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { lazy, Suspense, useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "../shell.module.css";

const Palette = lazy(() => import("./palette"));

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

/** Opens the command palette by Ctrl+K or Cmd+K; its script is fetched when it is first wanted. */
export function usePalette(): { open: () => void; palette: React.ReactNode } {
  const [isOpen, setOpen] = useState(false);
  const open = useCallback(() => setOpen(true), []);
  const close = useCallback(() => setOpen(false), []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(isMac ? event.metaKey : event.ctrlKey) || event.altKey || event.shiftKey) return;
      // A shell has its own Ctrl+K, which takes the rest of a line away.
      if (event.target instanceof Element && event.target.closest(".xterm")) return;
      event.preventDefault();
      if (isOpen) close();
      else open();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [isOpen, open, close]);
  const palette = isOpen && (
    <Suspense fallback={null}>
      <Palette onClose={close} />
    </Suspense>
  );
  return { open, palette };
}

export function PaletteButton({ onClick, isSmall }: { onClick: () => void; isSmall?: boolean }) {
  const { t } = useTranslation();
  if (isSmall)
    return (
      <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t("desk.palette.title")} onClick={onClick}>
        <IconSearch size={19} stroke={1.7} />
      </ActionIcon>
    );
  return (
    <Button classNames={{ root: classes.find ?? "", label: classes.findLabel ?? "" }} variant="default" fullWidth size="xs" leftSection={<IconSearch size={15} stroke={1.7} />} rightSection={<span className={classes.keys} data-keys={isMac ? "⌘ K" : "Ctrl K"} />} aria-keyshortcuts={isMac ? "Meta+K" : "Control+K"} onClick={onClick}>
      {t("desk.palette.title")}
    </Button>
  );
}
