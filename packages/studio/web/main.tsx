import { render } from 'preact';
import { LiveProvider } from './live.js';
import { followLinks } from './routing.js';
import { Shell } from './shell.js';
import './styles/tokens.css';
import './styles/base.css';

followLinks(document.body);
render(
  <LiveProvider>
    <Shell />
  </LiveProvider>,
  document.body,
);
