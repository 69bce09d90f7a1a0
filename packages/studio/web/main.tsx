import { render } from 'preact';
import { followLinks } from './routing.js';
import { Shell } from './shell.js';
import './styles/tokens.css';
import './styles/base.css';

followLinks(document.body);
render(<Shell />, document.body);
