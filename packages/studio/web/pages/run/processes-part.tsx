import type { JSX } from 'preact';
import type { ShownProcess, ShownProcesses } from '../../../shared/protocol/run-details.js';
import { count, significant } from '../../format.js';
import type { PartProps } from './part.js';
import './processes-part.css';

/** The pace of each of several processes, and a sentence on the slowest. */
export function ProcessesPart({ details }: PartProps): JSX.Element {
  if (!details.processes) return <p>This run has one process.</p>;
  const { processes, slowest, step } = details.processes;
  const most = (of: (process: ShownProcess) => number) => Math.max(...processes.map(of));
  const fastest = most(({ imagesPerSecond }) => imagesPerSecond);
  const longest = most((each) => Math.max(each.dataWaitSeconds, each.exchangeSeconds));
  return (
    <>
      <p>{sentenceOn(details.processes)}</p>
      <div class="scroll-x">
        <table class="processes">
          <thead>
            <tr>
              <th>Process</th>
              <th>Host</th>
              <th>Device</th>
              <th>Images/s of its own work</th>
              <th>Waits for images</th>
              <th>Waits for others</th>
            </tr>
          </thead>
          <tbody>
            {processes.map(({ host, device, ...pace }, rank) => (
              <tr key={rank} class={rank === slowest ? 'slowest' : undefined}>
                <th scope="row">{rank}</th>
                <td>{host}</td>
                <td>{device}</td>
                <Bar value={pace.imagesPerSecond} most={fastest} text={significant} />
                <Bar value={pace.dataWaitSeconds} most={longest} text={seconds} />
                <Bar value={pace.exchangeSeconds} most={longest} text={seconds} />
              </tr>
            ))}
          </tbody>
          <caption>Between the last two lines of metrics, up to step {count(step)}.</caption>
        </table>
      </div>
    </>
  );
}

interface BarProps {
  readonly value: number;
  /** The value of a full bar. */
  readonly most: number;
  readonly text: (value: number) => string;
}

function Bar({ value, most, text }: BarProps): JSX.Element {
  return (
    <td>
      <span class="progress">
        <progress value={most > 0 ? value / most : 0} max={1} aria-hidden="true" />
        <span>{text(value)}</span>
      </span>
    </td>
  );
}

/** Which process is waited for, and how long. */
export function sentenceOn({ processes, slowest }: ShownProcesses): string {
  const { host, exchangeSeconds = 0 } = processes[slowest] ?? {};
  const longest = Math.max(...processes.map((process) => process.exchangeSeconds));
  const where = host === null || host === undefined ? '' : ` on ${host}`;
  return `Process ${slowest}${where} is the slowest: others wait for it, up to ${seconds(longest)}, and it waits ${seconds(exchangeSeconds)} for them.`;
}

function seconds(value: number): string {
  return `${significant(value, 2)} s`;
}
