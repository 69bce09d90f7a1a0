/** The frame of every page: navigation, the choice of light or dark, and the page itself. */
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { ThemeToggle } from './components/theme-toggle.js';
import { pages } from './pages/index.js';
import { matchPath, type Page, type PageProps, usePlace } from './routing.js';

export function Shell(): JSX.Element {
  const { path, query } = usePlace();
  const found = findPage(path);
  const title = found ? found.page.title : 'Nothing here';
  useEffect(() => {
    document.title = `${title} · um-mae studio`;
    scrollTo(0, 0);
  }, [path, title]);
  return (
    <>
      <a class="skip-link" href="#content">
        Skip to the page
      </a>
      <header class="top">
        <a class="brand" href="/">
          um-mae
        </a>
        <nav aria-label="Pages">
          {pages
            .filter((page) => page.isListed)
            .map((page) => (
              <a
                key={page.path}
                href={page.path}
                aria-current={page === found?.page ? 'page' : undefined}
              >
                {page.title}
              </a>
            ))}
        </nav>
        <ThemeToggle />
      </header>
      <main id="content" tabIndex={-1}>
        {found ? (
          <found.page.view key={path} parameters={found.parameters} query={query} />
        ) : (
          <p>
            There is no page here. <a href="/">See the runs</a>.
          </p>
        )}
      </main>
    </>
  );
}

function findPage(
  path: string,
): { readonly page: Page; readonly parameters: PageProps['parameters'] } | undefined {
  for (const page of pages) {
    const parameters = matchPath(page.path, path);
    if (parameters) return { page, parameters };
  }
  return undefined;
}
