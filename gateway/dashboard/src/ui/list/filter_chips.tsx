import { Button } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import tools from "@/ui/toolbar.module.css";

interface Chip {
  name: string;
  /** Undefined: this filter is not set. */
  value: string | undefined;
  onRemove: () => void;
}

/** Filters that are set and have no control of their own: who comes by a link sees why so little is shown. */
export function FilterChips({ chips }: { chips: readonly Chip[] }) {
  const { t } = useTranslation();
  const set = chips.filter(({ value }) => value !== undefined);
  if (set.length === 0) return null;
  return (
    <div className={tools.chips} role="group" aria-label={t("lists.filters")}>
      {set.map(({ name, value, onRemove }) => (
        <Button key={name} size="compact-sm" variant="light" rightSection={<IconX size={13} aria-hidden />} aria-label={t("lists.remove", { name, value })} onClick={onRemove}>
          {name}: {value}
        </Button>
      ))}
    </div>
  );
}
