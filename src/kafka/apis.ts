import { apiVersionsApi } from '../codec/messages/api-versions.ts';
import { answerApiVersions } from './handlers/api-versions.ts';
import { type ServedApi, serve } from './served-api.ts';

/**
 * ★ Every API that is served: what ApiVersions answers is made from this table, and a request for anything else closes its
 * connection, as in Kafka. Versions are Kafka 4.4's unless a reason stands here. Transactions are not served.
 */
export const servedApis: readonly ServedApi[] = [
  serve(apiVersionsApi, (context, request) => answerApiVersions(context, request, servedApis)),
];
