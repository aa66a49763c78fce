import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Empty } from "@/ui/page";

export function NotFound() {
  const { t } = useTranslation();
  return (
    <Empty
      title={t("notFound.title")}
      hint={t("notFound.hint")}
      action={
        <Button component={Link} to="/dashboard" variant="default">
          {t("notFound.home")}
        </Button>
      }
    />
  );
}
