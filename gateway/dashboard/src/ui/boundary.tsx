import { Button } from "@mantine/core";
import { Component, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Empty } from "./page";

/** A part whose script could not be fetched, or that broke. Only the page anew fetches a script again that failed once. */
export function Broken({ error }: { error: unknown }) {
  const { t } = useTranslation();
  return (
    <div role="alert">
      <Empty title={t("broken.title")} hint={t("broken.hint")} action={<Button variant="default" onClick={() => window.location.reload()}>{t("broken.reload")}</Button>} />
      <div className="mono dim cut" style={{ textAlign: "center", fontSize: 12 }}>{error instanceof Error ? error.message : String(error)}</div>
    </div>
  );
}

/** Keeps what is around a part when the part breaks. Give it a key, so that another part gets a chance of its own. */
export class Boundary extends Component<{ children: ReactNode }, { error?: unknown }> {
  override state: { error?: unknown } = {};

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    return "error" in this.state ? <Broken error={this.state.error} /> : this.props.children;
  }
}
