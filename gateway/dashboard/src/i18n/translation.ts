/**
 * The shape of a translation: every text of the original. Languages without a singular form leave out `…_one`.
 */
export type Translation<T> = {
  [K in keyof T as K extends `${string}_one` ? never : K]: T[K] extends string ? string : Translation<T[K]>;
};
