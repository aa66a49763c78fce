import { Drawer, Modal, type DrawerProps, type ModalProps } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFocusReturn } from "./use_focus_return";

/** A dialog that is there only while it is open. */
export function Dialog(props: Omit<ModalProps, "opened">) {
  const { t } = useTranslation();
  useFocusReturn();
  return <Modal opened centered lockScroll={false} closeButtonProps={{ "aria-label": t("close") }} {...props} />;
}

/** The same at the right edge, for what is read beside the page. */
export function SideDialog(props: Omit<DrawerProps, "opened">) {
  const { t } = useTranslation();
  useFocusReturn();
  return <Drawer opened position="right" size="lg" lockScroll={false} closeButtonProps={{ "aria-label": t("close") }} {...props} />;
}
