import { useEffect, useState } from "react";

/** What had the focus; of an entry in a menu, which goes when it was chosen, the button of that menu. */
function holder(): HTMLElement | undefined {
  const focused = document.activeElement;
  if (!(focused instanceof HTMLElement) || focused === document.body) return undefined;
  const button = focused.closest('[role="menu"]')?.getAttribute("aria-labelledby");
  return (button && document.getElementById(button)) || focused;
}

/** Gives the focus back to what had it when this was drawn first, as soon as this goes. For dialogs that are there only while open. */
export function useFocusReturn(): void {
  const [before] = useState(holder);
  useEffect(
    () => () => {
      if (before?.isConnected) before.focus({ preventScroll: true });
    },
    [before],
  );
}
