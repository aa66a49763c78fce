/**
 * Has the page's own files kept for when the server does not answer. Browsers allow it over HTTPS and on loopback; elsewhere
 * the page needs its server for a reload, as ever.
 */
export function keepPage(): void {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  // Behind the first paint: what is fetched for later must not be in the way of what is wanted now.
  const register = () => void navigator.serviceWorker.register("/sw.js").catch(() => undefined);
  if (document.readyState === "complete") register();
  else window.addEventListener("load", register, { once: true });
}
