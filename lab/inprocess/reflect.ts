/**
 * The X.509 library's dependency container refuses to load without the `reflect-metadata`
 * polyfill, and then asks it for constructor parameters, of which the library's classes have none.
 * So an empty store of metadata will do. To be imported before the library.
 */
const reflect = Reflect as unknown as Record<string, unknown>;

if (reflect.getMetadata === undefined) {
  reflect.getMetadata = () => undefined;
  reflect.getOwnMetadata = () => undefined;
  reflect.defineMetadata = () => undefined;
}
