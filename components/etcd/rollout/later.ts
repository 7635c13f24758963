/** Something that is made later in the program. */
export class Later<Value> {
  readonly value: Promise<Value>;
  resolve!: (value: Value | PromiseLike<Value>) => void;

  constructor() {
    this.value = new Promise((resolve) => (this.resolve = resolve));
  }
}
