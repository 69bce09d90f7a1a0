/** Rows and columns of the grid of mask units. */
export interface Grid {
  readonly rows: number;
  readonly columns: number;
}
