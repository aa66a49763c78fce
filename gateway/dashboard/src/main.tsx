import "@mantine/core/styles.css";
import "@fontsource-variable/inter/index.css";
import "@fontsource-variable/jetbrains-mono/index.css";
import "./ui/theme.css";
import { createRoot } from "react-dom/client";
import { App } from "./app/app";
import { startTexts } from "./i18n";
import { keepPage } from "./offline/register";
import { askEarly } from "./session/session_api";

askEarly();
await startTexts();
const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
keepPage();
