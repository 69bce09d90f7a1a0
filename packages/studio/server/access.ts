/** Access control: only this machine's user, through a page of ours, may use the server. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';

export interface Access {
  /**
   * Names under which the studio is asked for; others come from a page that has bent its own name
   * to this machine.
   */
  readonly hosts: (name: string) => boolean;
  /** The token that a request must carry. Undefined on the loopback. */
  readonly token: string | undefined;
}

const loopback: readonly string[] = ['127.0.0.1', 'localhost', '::1'];

/** @param host the address that is listened on */
export function accessFor(host: string): Access {
  if (loopback.includes(host))
    return { hosts: (name) => loopback.includes(name), token: undefined };
  // An address cannot be bent to another machine, as names can.
  const own = [host, hostname(), ...loopback];
  return {
    hosts: (name) => own.includes(name) || isIP(name) !== 0,
    token: randomBytes(24).toString('base64url'),
  };
}

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const headers = {
  'Content-Security-Policy': policy,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

export function guard({ hosts, token }: Access): MiddlewareHandler {
  return async (context, next) => {
    for (const [name, value] of Object.entries(headers)) context.header(name, value);
    if (!hosts(hostOf(context))) {
      return context.text('Expected a request to this machine but got one to another name.', 403);
    }
    if (isForeign(context)) {
      return context.text('Expected a request of the studio but got one of another page.', 403);
    }
    if (token !== undefined && !hasToken(context, token)) {
      return context.text(
        'Expected the token that `um-mae studio` has printed in the address.',
        401,
      );
    }
    const { searchParams, pathname } = new URL(context.req.url);
    if (token === undefined || !searchParams.has('token')) return next();
    setCookie(context, cookieName(context), token, {
      httpOnly: true,
      sameSite: 'Strict',
      path: '/',
    });
    // Two slashes would lead to another machine.
    return context.redirect(pathname.replace(/^[/\\]+/, '/'), 303);
  };
}

/** The name in the Host header, without its port and brackets. */
function hostOf(context: Context): string {
  const host = context.req.header('host') ?? '';
  return host
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
}

/**
 * Browsers say where a request comes from, older ones only of what changes something; links from
 * elsewhere may lead to the page, but get no data.
 */
function isForeign(context: Context): boolean {
  const site = context.req.header('sec-fetch-site');
  if (site === undefined) return hasForeignOrigin(context);
  if (site === 'same-origin' || site === 'none') return false;
  return context.req.header('sec-fetch-mode') !== 'navigate' || context.req.method !== 'GET';
}

function hasForeignOrigin(context: Context): boolean {
  const origin = context.req.header('origin');
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== context.req.header('host');
}

function hasToken(context: Context, token: string): boolean {
  const given = context.req.query('token') ?? getCookie(context, cookieName(context));
  return given !== undefined && isEqual(given, token);
}

/** Cookies are shared by all ports of a machine. */
function cookieName(context: Context): string {
  return `um-mae-studio-${new URL(context.req.url).port}`;
}

/** Compares in a time that does not tell how much was right. */
function isEqual(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
