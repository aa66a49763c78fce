import { ActionIcon } from "@mantine/core";
import { IconPhotoDown } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { savePicture, type Picture } from "./picture";
import { told } from "./toasts";

/** Saves what a chart shows now. */
export function PictureButton({ title, picture }: { title: string; picture: () => Picture | undefined }) {
  const { t } = useTranslation();
  const run = () => {
    const made = picture();
    if (made) void told({ doing: t("desk.picture.making"), done: t("desk.picture.saved", { title }), failed: t("desk.picture.failed") }, () => savePicture(made));
  };
  return (
    <ActionIcon size={22} variant="subtle" color="gray" aria-label={t("desk.picture.save", { title })} title={t("desk.picture.save", { title })} onClick={run}>
      <IconPhotoDown size={15} stroke={1.7} />
    </ActionIcon>
  );
}
