import { useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { IconBookmark, IconBrain, IconCommand, IconListDetails, IconRocket, type Icon } from "@tabler/icons-react";
import { useRouter } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { languages, setLanguage } from "@/i18n";
import { useMay, useSession } from "@/session/session";
import { shortId } from "@/ui/format";
import { useGo, useViews } from "@/ui/list/use_views";
import { usePageActions } from "@/ui/page_actions";
import { useSignOut } from "../use_sign_out";
import { places } from "../places";
import { best } from "./match";
import { useFound } from "./use_found";

export interface Command {
  id: string;
  label: string;
  /** Beside it, in small: its status, its id. */
  note?: string;
  icon: Icon;
  run: () => void;
}

export interface Group {
  key: "page" | "deployments" | "tasks" | "models" | "views" | "places" | "always";
  commands: Command[];
}

function useAlways(): Command[] {
  const { t, i18n } = useTranslation();
  const { setColorScheme } = useMantineColorScheme();
  const isDark = useComputedColorScheme("light") === "dark";
  const signOut = useSignOut();
  const other = i18n.language === "zh" ? "en" : "zh";
  const go = useGo();
  const may = useMay();
  const make: Command = { id: "new", label: t("deployments.new"), icon: IconRocket, run: () => go("/deployments/new") };
  return [
    ...(may("dev") ? [make] : []),
    { id: "scheme", label: t(isDark ? "look.light" : "look.dark"), icon: IconCommand, run: () => setColorScheme(isDark ? "light" : "dark") },
    { id: "language", label: languages[other], note: t("desk.palette.language"), icon: IconCommand, run: () => void setLanguage(other) },
    { id: "sign-out", label: t("session.signOut"), icon: IconCommand, run: signOut },
  ];
}

/** Everything that what was typed finds, in groups; nothing that would be refused is in it. */
export function useCommands(typed: string): { groups: Group[]; isBusy: boolean; failure: string | undefined } {
  const { t } = useTranslation();
  const router = useRouter();
  const go = useGo();
  const may = useMay();
  const { state } = useSession();
  const { views } = useViews();
  const offered = usePageActions();
  const always = useAlways();
  const { found, isBusy } = useFound(state.phase === "in" ? typed : "");
  const open = (to: string) => () => go(to);
  const here = router.state.location.pathname;

  const goTo: Command[] = places
    .filter((place) => (!place.role || may(place.role)) && place.to !== here)
    .map((place) => ({ id: place.to, label: t(`nav.${place.key}`), icon: place.icon, run: place.isElsewhere ? () => void window.open(place.to, "_blank", "noreferrer") : open(place.to) }));
  const groups: Group[] = [
    { key: "page", commands: best(offered, ({ label }) => label, typed).map((action) => ({ ...action, icon: IconCommand })) },
    { key: "deployments", commands: found.deployments.map((row) => ({ id: row.id, label: row.name, note: `${shortId(row.id)} · ${t(`deployments.status.${row.status}`)}`, icon: IconRocket, run: open(`/deployments/${row.id}/logs`) })) },
    { key: "tasks", commands: found.tasks.map((row) => ({ id: row.id, label: shortId(row.id), note: `${row.model} · ${t(`tasks.status.${row.status}`)}`, icon: IconListDetails, run: open(`/tasks/${row.id}`) })) },
    { key: "models", commands: found.models.map((row) => ({ id: row.id, label: row.name, note: t(`models.status.${row.status}`), icon: IconBrain, run: open("/models") })) },
    { key: "views", commands: best(views, ({ name }) => name, typed).map((view) => ({ id: `view ${view.name}`, label: view.name, icon: IconBookmark, run: open(view.address) })) },
    { key: "places", commands: best(goTo, ({ label }) => label, typed) },
    { key: "always", commands: best(always, ({ label, note }) => `${label} ${note ?? ""}`, typed) },
  ];
  return { groups: groups.filter(({ commands }) => commands.length > 0), isBusy, failure: found.failure };
}
