/**
 * Installs what the addons are compiled with, and compiles both, or installs what those run with that
 * are compiled already. Quick where nothing is missing.
 *
 * @param options.compile even where the package of compiled addons is installed
 * @throws `SetupError` of `@um-mae/torch/setup`
 */
export function setUp(options?: { readonly compile?: boolean | undefined }): Promise<void>;
