/** A model in a thread of its own, as the page sees it. */
import type {
  ImageResult,
  LoadRequest,
  ModelDescription,
  Reply,
  Request,
  RuntimeChoice,
} from './protocol.js';

/** A failure of a model's thread. The message is a sentence for the user. */
export class ModelFailure extends Error {
  override readonly name = 'ModelFailure';

  constructor(
    message: string,
    /** Whether the model is of no more use. */
    readonly isFinal: boolean,
  ) {
    super(message);
  }
}

type Answer = Exclude<Reply, { kind: 'failed' }>;

interface PendingReply {
  resolve(answer: Answer): void;
  reject(failure: ModelFailure): void;
}

/** The places of other graphs of a model. */
export type ModelParts = Pick<LoadRequest, 'others' | 'address'>;

export class ModelThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, PendingReply>();
  #requests = 0;

  constructor() {
    this.#worker = new Worker(new URL('worker.js', document.baseURI), { type: 'module' });
    this.#worker.addEventListener('message', (event: MessageEvent<Reply>) =>
      this.#take(event.data),
    );
    this.#worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.#end(`The model has stopped: ${event.message || 'its program could not be loaded'}.`);
    });
  }

  /** @throws ModelFailure when the file is not a model that runs here */
  async load(
    file: File,
    { others, address }: ModelParts,
    choice: RuntimeChoice,
  ): Promise<ModelDescription> {
    const reply = await this.#ask((id) => ({ id, kind: 'load', file, others, address, choice }));
    if (reply.kind !== 'loaded') throw new ModelFailure('The model gave another answer.', true);
    return reply.value;
  }

  /** @throws ModelFailure when the file is not an image, or the model fails */
  async run(file: File): Promise<ImageResult> {
    const reply = await this.#ask((id) => ({ id, kind: 'run', file }));
    if (reply.kind !== 'ran') throw new ModelFailure('The model gave another answer.', true);
    return reply.value;
  }

  /** Frees all of its memory. */
  close(): void {
    this.#end('The model was closed.');
  }

  #ask(request: (id: number) => Request): Promise<Answer> {
    const id = this.#requests++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage(request(id));
    });
  }

  #take(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.kind === 'failed') waiting?.reject(new ModelFailure(reply.message, reply.isFinal));
    else waiting?.resolve(reply);
  }

  #end(message: string): void {
    this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(new ModelFailure(message, true));
    this.#waiting.clear();
  }
}
