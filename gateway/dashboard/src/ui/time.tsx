import { useTranslation } from "react-i18next";
import { useNow } from "@/live/use_live";
import { ago, moment } from "./format";

/** "3 min. ago", with the exact time on hover; goes on by itself. */
export function Ago({ at }: { at: string | number }) {
  const { i18n } = useTranslation();
  const now = useNow(10_000);
  const iso = new Date(at).toISOString();
  return (
    <time dateTime={iso} title={`${moment(at)} (${iso})`} className="num">
      {ago(at, Math.max(now, 0), i18n.language)}
    </time>
  );
}

export function Moment({ at }: { at: string | number }) {
  const iso = new Date(at).toISOString();
  const [day, time] = moment(at).split(" ");
  return (
    <time dateTime={iso} title={iso} className="num">
      {/* Where it does not fit into one line, it breaks between the two. */}
      <span className="whole">{day}</span> <span className="whole">{time}</span>
    </time>
  );
}
