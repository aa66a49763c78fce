import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "@/session/session";
import { tell, textOf } from "@/ui/toasts";

/** Signs out. When the server does not hear it the session goes on there, and that is said. */
export function useSignOut(): () => void {
  const { t } = useTranslation();
  const { signOut } = useSession();
  return useCallback(() => void signOut().catch((error: unknown) => tell("failure", t("desk.offline.signOutFailed"), textOf(error))), [signOut, t]);
}
