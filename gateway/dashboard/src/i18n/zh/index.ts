import { deployments } from "./deployments";
import { desk } from "./desk";
import { fields } from "./fields";
import { frame } from "./frame";
import { freshness } from "./freshness";
import { lists } from "./lists";
import { logs } from "./logs";
import { operate } from "./operate";
import { said } from "./said";
import { systemInfo } from "./system_info";
import { terminal } from "./terminal";
import { time } from "./time";
import { verify } from "./verify";
import { work } from "./work";

export const zh = { ...frame, ...deployments, ...work, ...operate, ...systemInfo, ...terminal, ...desk, ...time, ...verify, ...freshness, ...lists, ...logs, ...said, ...fields };
