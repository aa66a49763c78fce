import {
  IconActivity,
  IconBook,
  IconBrain,
  IconChartBar,
  IconKey,
  IconLayoutDashboard,
  IconListDetails,
  IconRocket,
  IconShieldCheck,
  type Icon,
} from "@tabler/icons-react";
import type { Role } from "@/session/session";

export type PlaceKey = "overview" | "deployments" | "tasks" | "models" | "statistics" | "system" | "audit" | "apiKeys" | "docs";

export interface Place {
  to: string;
  icon: Icon;
  key: PlaceKey;
  /** Who has less sees nothing there. */
  role?: Role;
  /** No page of this script: it is opened beside it. */
  isElsewhere?: true;
}

export const work: Place[] = [
  { to: "/dashboard", icon: IconLayoutDashboard, key: "overview" },
  { to: "/deployments", icon: IconRocket, key: "deployments" },
  { to: "/tasks", icon: IconListDetails, key: "tasks" },
  { to: "/models", icon: IconBrain, key: "models" },
  { to: "/statistics", icon: IconChartBar, key: "statistics" },
];
export const run: Place[] = [
  { to: "/system", icon: IconActivity, key: "system" },
  { to: "/audit", icon: IconShieldCheck, key: "audit" },
  { to: "/settings/api-keys", icon: IconKey, key: "apiKeys", role: "admin" },
];
export const places: Place[] = [...work, ...run, { to: "/docs", icon: IconBook, key: "docs", isElsewhere: true }];
