/** The discovery documents of Google's APIs, from the Python package that has all of them. */

import { inPackage } from './pip.mjs';

/** @returns {Promise<string>} the folder that they are in */
export const installDiscoveryDocuments = () =>
  inPackage('google-api-python-client==2.202.0', 'googleapiclient/discovery_cache/documents');
