/**
 * What people call a region, and the country it is in: the one table of it, for pages and terminal.
 * The names are those that the clouds use in public. *pure*
 */
export interface Place {
  readonly country: string;
  readonly name: Readonly<Record<"en" | "de", string>>;
}

const at = (country: string, en: string, de: string = en): Place => ({ country, name: { en, de } });

const PLACES: Readonly<Record<string, Place>> = {
  "eu-west-1": at("IE", "Ireland", "Irland"),
  "eu-west-2": at("GB", "London"),
  "eu-west-3": at("FR", "Paris"),
  "eu-central-1": at("DE", "Frankfurt"),
  "eu-central-2": at("CH", "Zurich", "Zürich"),
  "eu-north-1": at("SE", "Stockholm"),
  "eu-south-1": at("IT", "Milan", "Mailand"),
  "eu-south-2": at("ES", "Zaragoza", "Saragossa"),
  "us-east-1": at("US", "N. Virginia", "Nord-Virginia"),
  "us-east-2": at("US", "Ohio"),
  "us-west-1": at("US", "N. California", "Nordkalifornien"),
  "us-west-2": at("US", "Oregon"),
  "ca-central-1": at("CA", "Montreal"),
  "sa-east-1": at("BR", "São Paulo"),
  "ap-southeast-1": at("SG", "Singapore", "Singapur"),
  "ap-southeast-2": at("AU", "Sydney"),
  "ap-southeast-3": at("ID", "Jakarta"),
  "ap-northeast-1": at("JP", "Tokyo", "Tokio"),
  "ap-northeast-2": at("KR", "Seoul"),
  "ap-northeast-3": at("JP", "Osaka"),
  "ap-south-1": at("IN", "Mumbai"),
  "ap-east-1": at("HK", "Hong Kong", "Hongkong"),
  "me-south-1": at("BH", "Bahrain"),
  "af-south-1": at("ZA", "Cape Town", "Kapstadt"),
};

export const placeOf = (region: string): Place | undefined => PLACES[region];

/** Its name, or the id where the region is none that the world knows. */
export const regionName = (region: string, language: "en" | "de"): string =>
  PLACES[region]?.name[language] ?? region;
