/** The curves that a figure shows, with their names and colours. */

/** A curve of a figure. */
export interface ChartCurve {
  readonly label: string;
  /** A custom property that holds its colour. */
  readonly colour: string;
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
  /** The extremes around `y`; none where there are no others. */
  readonly band?: {
    readonly low: readonly (number | null)[];
    readonly high: readonly (number | null)[];
  };
  /** Whether single points are marked. */
  readonly hasPoints?: boolean;
}

export interface ChartProps {
  readonly title: string;
  readonly curves: readonly ChartCurve[];
  readonly xLabel: string;
  /** Whether the reading names the curves. */
  readonly hasLegend: boolean;
  readonly isLog: boolean;
  /** Whether x is on a log scale, too. Default false. */
  readonly isXLog?: boolean;
  readonly format: (value: number) => string;
  /** Whether the last values are the latest ones, and are shown. Default true. */
  readonly isOverTime?: boolean;
  /** Called when the user drags over a part of the x axis. */
  readonly onZoom?: (from: number, to: number) => void;
  /** Figures with the same one show where the pointer is in any of them. Default: none. */
  readonly crosshair?: string;
  /** Called when the user puts the figure away. Default: it stays. */
  readonly onHide?: () => void;
}
