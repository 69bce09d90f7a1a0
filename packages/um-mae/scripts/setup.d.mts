/**
 * Installs what the addons are compiled with, and compiles both. Quick where nothing is missing.
 *
 * @throws `SetupError` of `@um-mae/torch/setup`
 */
export function setUp(): Promise<void>;
