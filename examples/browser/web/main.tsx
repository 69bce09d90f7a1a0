import { render } from 'preact';
import '../../../packages/studio/web/styles/tokens.css';
import '../../../packages/studio/web/styles/base.css';
import './page.css';
import { Page } from './page.js';

render(<Page />, document.body);
