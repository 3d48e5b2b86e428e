/** One and many, which is all that Spanish, Portuguese and English tell apart. */
export const plural = (n: number, one: string, other: string): string => (n === 1 ? one : other);
