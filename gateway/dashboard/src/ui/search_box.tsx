import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useRef, useState, type Ref } from "react";
import tools from "./toolbar.module.css";

const kPauseMs = 200;

interface SearchBoxProps {
  /** What it searches, for people. */
  label: string;
  /** What the address says; undefined: nothing is searched for. */
  value: string | undefined;
  /** Told once the typing pauses. */
  onSearch: (text: string | undefined) => void;
  ref?: Ref<HTMLInputElement>;
}

/**
 * The search of a list. What is typed stays as it was typed, however late the address follows; what the address says for
 * another reason (a saved view, "clear filters", the way back) is taken over.
 */
export function SearchBox({ label, value = "", onSearch, ref }: SearchBoxProps) {
  const [text, setText] = useState(value);
  // Told, and not yet seen in the address: that it comes to say them is no news.
  const told = useRef<string[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = useRef({ onSearch, value });
  latest.current = { onSearch, value };

  useEffect(() => {
    const at = told.current.indexOf(value);
    if (at >= 0) return void told.current.splice(0, at + 1);
    told.current = [];
    clearTimeout(timer.current);
    setText(value);
  }, [value]);

  // Who has gone to another page is not called back to this one.
  useEffect(() => () => clearTimeout(timer.current), []);

  const type = (typed: string) => {
    setText(typed);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      if (typed === (told.current.at(-1) ?? latest.current.value)) return;
      told.current.push(typed);
      latest.current.onSearch(typed || undefined);
    }, kPauseMs);
  };

  return <TextInput ref={ref} className={tools.search} size="sm" leftSection={<IconSearch size={15} />} placeholder={label} aria-label={label} value={text} onChange={(event) => type(event.currentTarget.value)} />;
}
