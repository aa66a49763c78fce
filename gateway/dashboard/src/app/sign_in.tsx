import { Button, PasswordInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "@/api/client";
import { useSession } from "@/session/session";
import type { SignIn } from "@/session/session_api";
import { LanguageButton, SchemeButton } from "./appearance";
import classes from "./sign_in.module.css";

export function SignInPage() {
  const { t } = useTranslation();
  const { state, signIn } = useSession();
  const [token, setToken] = useState("");
  const [failure, setFailure] = useState<string>();
  const [isBusy, setBusy] = useState(false);

  async function enter(how: SignIn) {
    setBusy(true);
    setFailure(undefined);
    try {
      await signIn(how);
    } catch (error) {
      const problem = error instanceof Problem ? error : undefined;
      setFailure(problem?.status === 401 ? t("signIn.invalid") : (problem?.detail ?? String(error)));
    } finally {
      setBusy(false);
      setToken("");
    }
  }

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (token.trim()) void enter({ token: token.trim() });
  };

  const isDev = state.phase === "out" && state.isDev;
  return (
    <main className={classes.page}>
      <form className={classes.card} onSubmit={submit}>
        <img src="/assets/icon.svg" width={40} height={40} alt="" />
        <h1 className={classes.title}>{t("signIn.title")}</h1>
        <p className="dim">{t(state.phase === "out" && state.wasIn ? "signIn.ended" : "signIn.hint")}</p>
        <PasswordInput visibilityToggleButtonProps={{ "aria-label": t("showSecret") }} label={t("signIn.token")} value={token} onChange={(event) => setToken(event.currentTarget.value)} error={failure} autoComplete="off" spellCheck={false} autoFocus maxLength={512} size="md" />
        <Button type="submit" loading={isBusy} disabled={!token.trim()} fullWidth size="md">
          {t("signIn.enter")}
        </Button>
        <div className={classes.tools}>
          <SchemeButton />
          <LanguageButton />
        </div>
      </form>
      {isDev && (
        <Button className={classes.dev} variant="default" loading={isBusy} onClick={() => void enter({ dev: true })}>
          {t("signIn.dev")}
        </Button>
      )}
    </main>
  );
}
