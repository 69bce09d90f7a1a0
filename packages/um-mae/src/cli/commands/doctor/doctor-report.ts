/** The findings of `um-mae doctor`, as JSON has them and in lines. */
export interface DoctorReport {
  readonly found: object;
  readonly lines: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}
