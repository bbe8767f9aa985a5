import type { Account, AccountInput } from '../../api/accounts.js';
import type { AuditEntry, AuditPage } from '../../api/audit.js';
import type { DescribedKind, Description } from '../../api/choices.js';
import type { Conditions, Limits, RecordedLimits } from '../../api/conditions.js';
import type { DriftReport } from '../../api/drift.js';
import type { Job } from '../../api/jobs.js';
import type { RotateOptions } from '../../api/rotation.js';
import type { Branch, Preview, Selection, Warning } from '../../api/selection.js';
import type { Offer, Suggestion } from '../../api/suggestion.js';
import type { BulkReport, RevokeAllOptions, RevokeAllQuery } from '../../api/sweep.js';
import type {
  Actor,
  Created,
  CreateInput,
  ListedToken,
  RevokeOptions,
  TokenChange,
  TokenPage,
  TokenRecord,
} from '../../api/token.js';

/**
 * The type of `js/api` for each schema that describes one. Idempotency keys and revisions are
 * headers, and the id of an account is in the path.
 */
export interface ApiTypes {
  Account: Account;
  Actor: Actor;
  AuditEntry: AuditEntry;
  AuditPage: AuditPage;
  Branch: Branch;
  BulkReport: BulkReport;
  Conditions: Conditions;
  CreateToken: Omit<CreateInput, 'idempotencyKey'>;
  Created: Created;
  DescribedKind: DescribedKind;
  Description: Description;
  DriftReport: DriftReport;
  EditToken: Omit<TokenChange, 'revision'>;
  Job: Job;
  Limits: Limits;
  Offer: Offer;
  Preview: Preview;
  RecordedLimits: RecordedLimits;
  PutAccount: Omit<AccountInput, 'id' | 'revision'>;
  RevokeAll: RevokeAllQuery & Pick<RevokeAllOptions, 'reason' | 'dryRun'>;
  RevokeToken: RevokeOptions;
  RotateToken: Omit<RotateOptions, 'idempotencyKey'>;
  Selection: Selection;
  Suggestion: Suggestion;
  ListedToken: ListedToken;
  TokenPage: TokenPage;
  TokenRecord: TokenRecord;
  Warning: Warning;
}
