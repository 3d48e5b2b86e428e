import type { WorkboxPlugin } from 'workbox-core';

/** Only whole, good answers are kept: neither errors nor the parts a video player asks for. */
export class CacheableResponsePlugin implements WorkboxPlugin {
  cacheWillUpdate: WorkboxPlugin['cacheWillUpdate'] = ({ response }) =>
    Promise.resolve(response.status === 200 ? response : null);
}
