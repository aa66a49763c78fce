export type Search = Record<string, unknown>;

/** Of every page: the router hands them down from the root. */
const kOfAll = ["columns"];

/**
 * Reads an address with `read`, and leaves nothing else of it: the router lays what was read over what stood there, so that
 * what is no part of the page, or is not valid, would reach it all the same.
 */
export function only<T extends object>(read: (search: Search) => T): (search: Search) => T {
  return (search) => {
    const others = Object.keys(search).filter((key) => !kOfAll.includes(key));
    return { ...Object.fromEntries(others.map((key) => [key, undefined])), ...read(search) };
  };
}

/** A place of our own that one may be led to: an address of the page, and not the one where one signs in. */
export const isOwnPlace = (next: string): boolean => /^\/(?![/\\])/.test(next) && !/^\/sign-in(?![^/?#])/.test(next);
