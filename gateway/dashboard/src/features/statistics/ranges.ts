/** Days that the statistics can be shown of. */
export const dayRanges = [7, 30, 90, 365] as const;
