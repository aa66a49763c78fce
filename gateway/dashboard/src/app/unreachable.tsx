import { Button } from "@mantine/core";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "@/session/session";
import { Empty } from "@/ui/page";

/** Before anybody was known: the server did not answer. The network's return is asked about at once. */
export function Unreachable({ detail }: { detail: string }) {
  const { t } = useTranslation();
  const { ask } = useSession();
  useEffect(() => {
    const again = () => void ask();
    window.addEventListener("online", again);
    return () => window.removeEventListener("online", again);
  }, [ask]);
  return (
    <main>
      <Empty title={t("unreachable.title")} hint={detail} action={<Button variant="default" onClick={() => void ask()}>{t("unreachable.again")}</Button>} />
    </main>
  );
}
