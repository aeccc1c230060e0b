// Of the file.

/** Glued. */
export const send = async (request) => {
  const local = 1;
  return local;
};

export default class Client extends Base {
  #secret = 1;
  static limit = 2;

  get size() {
    return 1;
  }

  set size(value) {}

  async *stream() {}
}

function* generate() {}
let a = 1, b = 2;
const { c } = a;
export default function () {}
