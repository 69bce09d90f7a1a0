/** The mean of values, and the standard deviation between them. */
export function spread(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)), count: values.length };
}

/** The mean in text, with the deviation where there are several values. */
export function spreadText(values, digits = 1) {
  if (values.length === 0) return '';
  const { mean, deviation, count } = spread(values);
  return count === 1
    ? `${mean.toFixed(digits)} (1 seed)`
    : `${mean.toFixed(digits)} ± ${deviation.toFixed(digits)}`;
}
