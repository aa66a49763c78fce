"use strict";
// Light or dark as the dashboard of this browser, or else as the system has it.
const systemDark = window.matchMedia("(prefers-color-scheme: dark)");
function showScheme() {
  const chosen = window.localStorage.getItem("mantine-color-scheme-value");
  const isDark = chosen === "dark" || (chosen !== "light" && systemDark.matches);
  document.documentElement.classList.toggle("dark-mode", isDark);
  document.documentElement.style.colorScheme = isDark ? "dark" : "light";
}
systemDark.addEventListener("change", showScheme);
window.addEventListener("storage", showScheme);
showScheme();

// A link inside of a button is nothing that keys or readers of the screen could use: the button does the same and changes
// the address, too. And there is one server, this one, which nobody needs to choose.
const usable = (system) => ({
  wrapComponents: {
    DeepLink: () => ({ text }) => system.React.createElement("span", null, text),
    ServersContainer: () => () => null,
  },
});

// Everything comes from this server: no validator, no outside address.
window.SwaggerUIBundle({
  url: "/api/v1/openapi.json",
  dom_id: "#page",
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
  tryItOutEnabled: true,
  plugins: [usable],
});
