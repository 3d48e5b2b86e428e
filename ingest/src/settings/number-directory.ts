import type { NumberSettings } from '@recado/domain/settings/settings';
import type { SecretBox } from '@recado/event-store/secret-box';

/** The Meta numbers of all tenants, with their secrets open, for finding whom a webhook is for. */
export interface KnownNumber {
  tenant: string;
  number: NumberSettings;
  phoneNumberId: string;
  wabaId: string;
  verifyToken: string;
  appSecret: string;
}

export interface NumberDirectory {
  all(): readonly KnownNumber[];
  byNumberId(numberId: string): readonly KnownNumber[];
  /** Puts a tenant's numbers in place of those it had. */
  replace(tenant: string, numbers: readonly NumberSettings[]): void;
}

export interface NumberDirectoryDeps {
  secretBox: SecretBox;
  onUnreadable: (tenant: string, numberId: string) => void;
}

export function createNumberDirectory({ secretBox, onUnreadable }: NumberDirectoryDeps): NumberDirectory {
  const byTenant = new Map<string, KnownNumber[]>();
  let all: KnownNumber[] = [];

  const open = (tenant: string, number: NumberSettings): KnownNumber[] => {
    if (number.provider !== 'meta' || !number.meta) return [];
    const { phoneNumberId, wabaId, verifyToken, sealedAppSecret } = number.meta;
    try {
      return [
        { tenant, number, phoneNumberId, wabaId, verifyToken, appSecret: secretBox.open(sealedAppSecret) },
      ];
    } catch {
      onUnreadable(tenant, number.numberId);
      return [];
    }
  };

  return {
    all: () => all,
    byNumberId: (numberId) => all.filter(({ number }) => number.numberId === numberId),
    replace(tenant, numbers) {
      byTenant.set(
        tenant,
        numbers.flatMap((number) => open(tenant, number)),
      );
      all = [...byTenant.values()].flat();
    },
  };
}
