import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "@/session/session";
import { tell, textOf } from "@/ui/toasts";

/** Signs out. What the server does not hear is said to it again when it answers. */
export function useSignOut(): () => void {
  const { t } = useTranslation();
  const { signOut } = useSession();
  return useCallback(() => void signOut().catch((error: unknown) => tell("failure", t("desk.offline.signOutFailed"), textOf(error))), [signOut, t]);
}
