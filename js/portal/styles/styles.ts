import { controls } from './controls.js';
import { layout } from './layout.js';
import { list } from './list.js';
import { permissions } from './permissions.js';
import { screens } from './screens.js';
import { theme } from './theme.js';

/** One sheet of the element's own tree: the page's styles stay out, and these stay in. */
export const styles = [theme, layout, controls, list, permissions, screens];
