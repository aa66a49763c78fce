import { deployments } from "./deployments";
import { desk } from "./desk";
import { frame } from "./frame";
import { operate } from "./operate";
import { terminal } from "./terminal";
import { time } from "./time";
import { work } from "./work";

export const zh = { ...frame, ...deployments, ...work, ...operate, ...terminal, ...desk, ...time };
