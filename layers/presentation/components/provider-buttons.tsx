/** "Continue with ..." for each provider that can be used; nothing where there is none. */
import { Button, Divider, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useKit } from "../context.tsx";

export interface ProviderView {
  readonly id: string;
  readonly title: string;
  readonly protocol: string;
  readonly ready: boolean;
  readonly problems: readonly {
    readonly setting: string;
    readonly problem: string;
    readonly fix: string;
  }[];
}

interface ProvidersView {
  readonly items: readonly ProviderView[];
  /** One per provider, in the same order: what has to be registered there. */
  readonly redirectUris: readonly string[];
}

export function useProviders() {
  const { api } = useKit();
  return useQuery({
    queryKey: ["providers"],
    queryFn: ({ signal }) => api.get<ProvidersView>("/identity/providers", signal),
    staleTime: 30_000,
  });
}

export function ProviderButtons({ returnTo }: { readonly returnTo?: string | undefined }) {
  const { t } = useTranslation("kit");
  const ready = useProviders().data?.items.filter((provider) => provider.ready) ?? [];
  if (ready.length === 0) return null;
  const { pathname, search } = window.location;
  const query = new URLSearchParams({ returnTo: returnTo ?? pathname + search });
  return (
    <Stack gap="xs">
      <Divider label={t("identity.or")} />
      {ready.map(({ id, title }) => (
        <Button
          key={id}
          component="a"
          variant="default"
          href={`/identity/federation/${encodeURIComponent(id)}?${query}`}
        >
          {t("identity.continueWith", { provider: title })}
        </Button>
      ))}
    </Stack>
  );
}
