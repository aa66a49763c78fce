import { ActionIcon, Menu } from "@mantine/core";
import { IconBook, IconDeviceDesktopAnalytics, IconMenu2 } from "@tabler/icons-react";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLinkStatus, useLiveStores, useLogAge } from "@/live/use_live";
import { useMay, useSession } from "@/session/session";
import { useShownMoment } from "@/time/use_travel";
import { moment } from "@/ui/format";
import { Toasts } from "@/ui/toasts";
import { LanguageButton, SchemeButton } from "./appearance";
import { PaletteButton, usePalette } from "./palette/palette_host";
import { run, work, type Place } from "./places";
import { useSignOut } from "./use_sign_out";
import classes from "./shell.module.css";

function Places({ places }: { places: Place[] }) {
  const { t } = useTranslation();
  const may = useMay();
  return places
    .filter((place) => !place.role || may(place.role))
    .map((place) => (
      <Link key={place.to} to={place.to} className={classes.link} activeProps={{ "aria-current": "page" }}>
        <place.icon size={17} stroke={1.7} aria-hidden />
        {t(`nav.${place.key}`)}
      </Link>
    ));
}

function Who() {
  const { t } = useTranslation();
  const { state } = useSession();
  const signOut = useSignOut();
  if (state.phase !== "in") return null;
  const { principal } = state.session;
  return (
    <div className={classes.who}>
      <IconDeviceDesktopAnalytics size={18} stroke={1.6} aria-hidden />
      <div className={classes.whoText}>
        <div className="cut">{principal.id}</div>
        <div className="dim cut">
          {principal.project}
        </div>
      </div>
      <Menu position="top-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={t("session.menu")}>
            <IconMenu2 size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={signOut}>{t("session.signOut")}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}

/** On a server for development: who one is, at the place of the button that signs in. */
function DevMark() {
  const { t } = useTranslation();
  const { state } = useSession();
  if (state.phase !== "in" || !state.session.dev) return null;
  return (
    <div className={classes.dev} title={t("session.devHint")}>
      {t("session.dev")}: {state.session.principal.id}
    </div>
  );
}

function LiveMark() {
  const { t } = useTranslation();
  const status = useLinkStatus();
  const logAge = useLogAge();
  const isPast = useShownMoment() !== undefined;
  // What is connected says nothing of a page that shows the past.
  if (isPast)
    return (
      <span className={classes.live} data-status="stale">
        <span className={classes.dot} aria-hidden />
        {t("time.mark")}
      </span>
    );
  return (
    <span className={classes.live} data-status={status} role="status">
      <span className={classes.dot} aria-hidden />
      {status === "stale" && logAge > 0 ? t("freshness.old") : t(`live.${status}`)}
    </span>
  );
}

/** Says what the page is doing while it is cut off; a cut that heals at once is not worth a word. */
function Notice() {
  const { t } = useTranslation();
  const status = useLinkStatus();
  const { state } = useSession();
  const keptAt = state.phase === "in" ? state.keptAt : undefined;
  const logAge = useLogAge();
  const { link } = useLiveStores();
  const [isSlow, setSlow] = useState(false);
  useEffect(() => {
    setSlow(false);
    if (status === "live") return undefined;
    const timer = setTimeout(() => setSlow(true), 1_200);
    return () => clearTimeout(timer);
  }, [status]);
  if (status === "live" || (!isSlow && keptAt === undefined)) return null;
  return (
    <div className={classes.notice} data-kind={status}>
      <span>{keptAt ? t("desk.offline.notice", { at: moment(keptAt) }) : logAge > 0 ? t("freshness.logAge", { seconds: logAge }) : t(status === "stale" ? "live.staleNotice" : "live.resumingNotice")}</span>
      {logAge === 0 && <button type="button" className={classes.again} onClick={() => link.hurry()}>{t("live.tryNow")}</button>}
    </div>
  );
}

export function Shell() {
  const { t } = useTranslation();
  const status = useLinkStatus();
  const at = useShownMoment();
  const [isOpen, setOpen] = useState(false);
  const path = useRouterState({ select: (state) => state.location.pathname });
  useEffect(() => setOpen(false), [path]);
  const open = isOpen ? true : undefined;
  const { open: find, palette } = usePalette();
  return (
    <div className={classes.shell}>
      <header className={classes.bar}>
        <ActionIcon variant="subtle" color="gray" onClick={() => setOpen(true)} aria-label={t("nav.open")} aria-expanded={isOpen}>
          <IconMenu2 size={20} />
        </ActionIcon>
        <strong>ComputeHub</strong>
        <span style={{ flex: 1 }} />
        <LiveMark />
        <PaletteButton isSmall onClick={find} />
      </header>
      {isOpen && <button type="button" className={classes.veil} data-open aria-label={t("nav.close")} onClick={() => setOpen(false)} />}
      <nav className={classes.side} data-open={open} aria-label={t("nav.label")} onKeyDown={(event) => event.key === "Escape" && setOpen(false)}>
        <Link to="/dashboard" className={classes.brand}>
          <img src="/assets/icon.svg" width={26} height={26} alt="" />
          ComputeHub
        </Link>
        <PaletteButton onClick={find} />
        <Places places={work} />
        <div className={classes.group}>{t("nav.operate")}</div>
        <Places places={run} />
        <a className={classes.link} href="/docs" target="_blank" rel="noreferrer">
          <IconBook size={17} stroke={1.7} aria-hidden />
          {t("nav.docs")}
        </a>
        <div className={classes.foot}>
          <LiveMark />
          <div className={classes.tools}>
            <SchemeButton />
            <LanguageButton />
          </div>
          <Who />
        </div>
      </nav>
      <main className={classes.main} data-live={at === undefined ? status : "stale"} data-at={at} id="main">
        <Notice />
        <Outlet />
      </main>
      <DevMark />
      <Toasts />
      {palette}
    </div>
  );
}
